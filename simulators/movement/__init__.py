"""How the virtual patient moves: schedule, trajectories, kinematics, exercises."""
